SELECT {durable};
