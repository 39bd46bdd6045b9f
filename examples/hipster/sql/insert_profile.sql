INSERT INTO profiles (user_id) VALUES (?)
