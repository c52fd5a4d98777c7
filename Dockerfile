# syntax=docker/dockerfile:1
# One static binary on an almost empty base. Both suites are named, so that they move together.
ARG RUST=1.95
FROM rust:${RUST}-slim-bookworm AS manifest
WORKDIR /build
COPY Cargo.toml Cargo.lock ./
# Benchmarks are not in the build context, and lints are no matter of the image: without their lines, an edit of them
# does not cost the layer of dependencies.
RUN sed -i -e '/^\[\[bench\]\]/,/^$/d' -e '/^\[lints/,/^$/d' Cargo.toml

FROM rust:${RUST}-slim-bookworm AS build
WORKDIR /build
# glibc linked in: the image needs no libc. Measured beside a native build: the same CPU a request and memory a request
# in flight (the allocator is the same), 1.9 MB less when idle.
# Saying the target keeps the flag away from procedural macros, which cannot be static.
ENV RUSTFLAGS="-C target-feature=+crt-static" CARGO_TERM_COLOR=never
RUN rustc -vV | sed -n 's/^host: //p' > /target-triple

# Dependencies alone: this layer lasts until the manifest or Cargo.lock changes.
COPY --from=manifest /build/ ./
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    mkdir src && touch src/lib.rs && echo 'fn main() {}' > src/main.rs \
 && cargo build --release --locked --target "$(cat /target-triple)"

COPY src src
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    touch src/lib.rs src/main.rs \
 && cargo build --release --locked --target "$(cat /target-triple)" \
 && cp "target/$(cat /target-triple)/release/httpserver" /httpserver

FROM gcr.io/distroless/static-debian12:nonroot
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="httpserver" \
      org.opencontainers.image.description="An HTTP service whose latency is known, and the commands that hold a monitoring pipeline to it" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /httpserver /httpserver
# By number, so that Kubernetes can see that it is not root.
USER 65532:65532
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 CMD ["/httpserver", "healthcheck"]
ENTRYPOINT ["/httpserver"]
