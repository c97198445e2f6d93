# make run and make test need Python 3.11 and make; the rest installs itself.
PYTHON ?= python3
BIN := .venv/bin
SIDE_BY_SIDE := -p clinic.tests.side_by_side -n auto --dist loadscope --no-loadscope-reorder

.PHONY: run test test-full packages doctor lint types migrations deploy-check format bench clean

run: .venv/run
	@DEBUG=$${DEBUG:-1} $(BIN)/python manage.py up $(ARGS)

test: packages .venv/dev
	@.ci/with-servers $(BIN)/python -m pytest -q $(SIDE_BY_SIDE) $(ARGS)

test-full: packages .venv/dev
	@FULL=1 .ci/with-servers $(BIN)/python -m pytest -q $(SIDE_BY_SIDE) $(ARGS)

packages:
	@sh .ci/packages.sh

doctor: .venv/run
	@DEBUG=$${DEBUG:-1} $(BIN)/python manage.py doctor

lint: .venv/dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/djlint --quiet --lint templates

types: .venv/dev
	@SECRET_KEY=types $(BIN)/mypy clinic practitioners bookings treatment_plans

migrations: .venv/dev
	@SECRET_KEY=check .ci/with-servers $(BIN)/python manage.py makemigrations --check --dry-run

deploy-check: .venv/dev
	@DEBUG=0 SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(60))') \
		.ci/with-servers $(BIN)/python manage.py check --deploy --fail-level WARNING

format: .venv/dev
	@$(BIN)/ruff check --fix -q . ; $(BIN)/ruff format -q .

bench: .venv/dev
	@.ci/with-servers --durable $(BIN)/python -m bench $(NAME)

clean:
	rm -rf .venv .local staticfiles

.venv/run: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed.")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/dev: requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed.")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-dev.txt
	@touch $@ .venv/run
