using CrunSharp.Testing;

namespace CrunSharp.CliTests;

/// <summary>The published crun-sharp with a store of its own, which takes every image from one test registry.</summary>
internal sealed class TestEngine : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly TestRegistry _registry;

    private TestEngine(TestRegistry registry) => _registry = registry;

    public string Root => _directory["store"];

    public string RunRoot => _directory["run"];

    /// <summary>A directory that containers' users can read.</summary>
    public string Shared => _directory["shared"];

    public TestRegistry Registry => _registry;

    /// <summary>What every call of the program gets.</summary>
    public IReadOnlyDictionary<string, string?> Environment => new Dictionary<string, string?> { ["CONTAINERS_REGISTRIES_CONF"] = _directory["registries.conf"] };

    /// <summary>Where images/ put the OCI layout of this name.</summary>
    public static string Layout(string image) => Path.Combine(Host.Checkout, "out", "images", image);

    /// <summary>The static program of tests/payload.</summary>
    public static string Payload => Path.Combine(Host.Checkout, "out", "payload", "payload");

    public static Need HasPayload { get; } = new("payload", () => File.Exists(Payload) ? null : "make native");

    public static async Task<TestEngine> StartAsync(params string[] images)
    {
        TestRegistry registry = await TestRegistry.StartAsync();
        TestEngine engine = new(registry);
        engine._directory.Write("registries.conf", $"""
            [[registry]]
            prefix = "docker.io"
            location = "docker.io"
            [[registry.mirror]]
            location = "{registry.Authority}"
            insecure = true
            """);
        engine._directory.Make("shared");
        foreach (string image in images)
        {
            await registry.PushLayoutAsync(Layout(image), $"library/{image}", "latest");
        }

        return engine;
    }

    public Task<CommandResult> RunAsync(params string[] arguments) => RunAsync(new CommandOptions(), arguments);

    public Task<CommandResult> RunAsync(CommandOptions options, params string[] arguments) => Command.RunAsync(
        options with { Environment = new Dictionary<string, string?>([.. options.Environment, .. Environment]) },
        Host.Published("crun-sharp"),
        ["--root", Root, "--runroot", RunRoot, .. arguments]);

    public async ValueTask DisposeAsync()
    {
        await _registry.DisposeAsync();

        // Files of subordinate ids can be removed only by one who has these ids.
        if (Host.SubordinateIds.Missing() is null && !System.Environment.IsPrivilegedProcess)
        {
            await Command.RunAsync(new CommandOptions { Limit = TimeSpan.FromMinutes(5) }, "unshare", "--user", "--map-auto", "--map-root-user", "rm", "-rf", Root);
        }

        await _directory.DisposeAsync();
    }
}
