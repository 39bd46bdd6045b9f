({id}, {receiver}, {order_key}, {place}, {unique_key}, {version}, {payload}, {headers}, {now}, {owner}, 0, 0, 0, 0)
