-- Before it happens: what kills its process can leave no note afterwards.
UPDATE {effects} SET starts = starts + 1 WHERE id = {id} AND owner = {worker} AND fence = {fence}
