-- Nothing to look up afterwards: no number is used up. A standby has none to give.
BEGIN {options}
