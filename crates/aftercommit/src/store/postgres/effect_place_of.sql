nextval('{places}')
