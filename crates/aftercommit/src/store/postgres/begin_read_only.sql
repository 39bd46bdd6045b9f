-- Nothing to look up afterwards: no number is used up.
BEGIN {options}
