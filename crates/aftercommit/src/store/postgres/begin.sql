BEGIN {options}
