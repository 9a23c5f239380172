# What the layers of pinned packages share; each includes it after ROOT. TARGET: x86_64 (default), arm64 or host; see the Makefile of the project.
TARGET ?= x86_64
INSTALLER := $(ROOT)/.environments/installer/bin/python

# Lambda's Amazon Linux 2023 has glibc 2.34, and so takes wheels for any earlier one; pip wants each named.
GLIBC := 2_34 2_28 2_27 2_26 2_17
RUNTIME := --implementation cp --python-version 3.13
TAGS_x86_64 := $(RUNTIME) $(GLIBC:%=--platform manylinux_%_x86_64) --platform manylinux2014_x86_64
TAGS_arm64 := $(RUNTIME) $(GLIBC:%=--platform manylinux_%_aarch64) --platform manylinux2014_aarch64
TAGS_host :=

PACKAGES = $(ARTIFACTS_DIR)/python

# Installs requirements.txt. Folders named in WITHOUT go, since no function uses them.
define install
	@test -n "$(filter $(TARGET),x86_64 arm64 host)" || { echo "TARGET is $(TARGET): it must be x86_64, arm64 or host." >&2; exit 1; }
	@test -x "$(INSTALLER)" || { echo "The installer's environment is missing: run \`make install\` once." >&2; exit 1; }
	"$(INSTALLER)" -m pip install --quiet --disable-pip-version-check --target "$(PACKAGES)" $(TAGS_$(TARGET)) --no-compile \
		--only-binary :all: --require-hashes --no-deps --requirement requirements.txt
	rm -rf "$(PACKAGES)/bin"
	find "$(PACKAGES)" -type d \( -name __pycache__ $(WITHOUT:%=-o -name %) \) -prune -exec rm -rf {} +
endef

define bytecode
	"$(ROOT)/deployment/bytecode.sh" "$(ARTIFACTS_DIR)" /opt
endef

# What a function may have unpacked, all its layers together: LARGEST, in KB, is what its other layers and its code leave.
define fits
	@test "$$(du -sk "$(ARTIFACTS_DIR)" | cut -f1)" -le $(LARGEST) || { echo "The layer is too large for a function." >&2; exit 1; }
endef
