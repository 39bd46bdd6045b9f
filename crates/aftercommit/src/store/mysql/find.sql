-- What another server has not got may still arrive there; what it has got was committed, or refused for good.
SELECT COUNT(CASE WHEN NOT refused THEN 1 END), COUNT(CASE WHEN refused THEN 1 END)
FROM {markers} WHERE token = X'{token}'
