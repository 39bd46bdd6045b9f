UPDATE {effects} SET owner = NULL, fence = fence + 1 WHERE owner = {worker}
