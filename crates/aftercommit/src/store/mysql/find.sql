-- What another server has not got may still arrive there; what it has got was committed.
SELECT COUNT(*) FROM {markers} WHERE token = X'{token}'
