({receiver}, {unique_key}, {late}, {id})
