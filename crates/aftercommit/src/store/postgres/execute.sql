EXECUTE {name}
