SELECT id, fence FROM {effects} WHERE owner = {worker}
