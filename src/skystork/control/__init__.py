"""What people may order of the service: commands as values, who may give which, who must agree, what is answered."""
