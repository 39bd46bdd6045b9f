SET @aftercommit_server = {server}
