"""Review: a body's year from submitted to accepted, remarks, frozen sheets and what proves them."""
