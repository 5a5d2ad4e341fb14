# Read by the command `flask`: `flask run` serves the port that links outside a request name.
FLASK_RUN_PORT=${PORT:-8000}
