-- A lease that nobody in the process knows of: its commit was in doubt, or its hand-over was lost.
UPDATE {effects} SET owner = NULL, fence = fence + 1 WHERE id = {id} AND owner = {worker} AND fence = {fence}
