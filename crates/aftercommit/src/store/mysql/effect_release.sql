-- The fencing number: one that arrives late must not take a lease that was given again.
UPDATE {effects} SET owner = NULL, fence = fence + 1 WHERE owner = {worker} AND fence = {fence} AND id IN ({ids})
