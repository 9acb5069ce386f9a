module example.com/registry

go 1.26

require github.com/modelcontextprotocol/registry v1.8.9
