-- The fencing number tells a late answer of the old owner from one of the next.
UPDATE {effects} SET owner = NULL, fence = fence + 1, rescues = rescues + 1 WHERE owner IN ({owners})
