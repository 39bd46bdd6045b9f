UPDATE {receivers} SET paused_at = NULL WHERE name = {receiver}
