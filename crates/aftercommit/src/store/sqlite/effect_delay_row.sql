({id}, {receiver}, {order_key}, {place}, {unique_key}, {version}, {payload}, {headers}, {now}, {now} + {delay}, 'scheduled', 0, 0)
