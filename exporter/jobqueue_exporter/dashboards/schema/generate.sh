#!/bin/sh
# Generates the schemas beside this file anew from Grafana's published types.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund @grafana/schema@13.2.3 ts-json-schema-generator@2.4.0 typescript@5
types=node_modules/@grafana/schema/dist/types/raw

generate() { # file with types, type, name of the schema
    npx ts-json-schema-generator --no-type-check --jsDoc none --path "$1" --type "$2" --out "$here/$3.schema.json"
}

generate "$types/dashboard/x/types.gen.d.ts" Dashboard dashboard
for kind in stat timeseries table statetimeline bargauge heatmap; do
    file=$types/composable/$kind/panelcfg/x/types.gen.d.ts
    generate "$file" Options "$kind.options"
    if grep -q 'interface FieldConfig' "$file"; then
        generate "$file" FieldConfig "$kind.field"
    fi
done
