# Two images: otelbox (the default), and the service of docker-compose.yml.
#
#   docker build --target otelbox --tag otelbox:0.1.0 .
#   docker build --target demo-service --tag otelbox-demo-service:0.1.0 .
#
# The runtime has the C library, the certificates of authorities and no shell; it belongs to the same release of Debian as what
# the programs are built on.
ARG RUST_IMAGE=rust:1.89.0-slim-bookworm
ARG RUNTIME_IMAGE=gcr.io/distroless/cc-debian12:nonroot

FROM ${RUST_IMAGE} AS build
WORKDIR /src
COPY . .
ENV CARGO_PROFILE_RELEASE_STRIP=symbols
RUN cargo build --release --locked --package otelbox --package otelbox-demo --bins

FROM ${RUNTIME_IMAGE} AS demo-service
COPY --from=build /src/target/release/demo-service /usr/local/bin/demo-service
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/usr/local/bin/demo-service"]
CMD ["serve"]

FROM ${RUNTIME_IMAGE} AS otelbox
COPY --from=build /src/target/release/otelbox /usr/local/bin/otelbox
USER 65532:65532
EXPOSE 4317 4318 4320
ENTRYPOINT ["/usr/local/bin/otelbox"]
