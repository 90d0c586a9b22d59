"""Single photos: decoded safely, shrunk, compared with one another, and cleaned of what they tell about people."""
