SELECT username FROM users ORDER BY id
