"""Pages as many vectors (late interaction): packed storage, exact MaxSim, pooling, shortlists."""
