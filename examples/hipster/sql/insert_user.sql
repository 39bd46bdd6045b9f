INSERT INTO users (username, email) VALUES (?, ?) RETURNING id
