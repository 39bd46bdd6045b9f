(SELECT place FROM {lanes} WHERE lane = {lane}) - {back}
