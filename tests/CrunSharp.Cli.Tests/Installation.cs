using System.Diagnostics;
using System.Text.Json;
using CrunSharp.Testing;

namespace CrunSharp.CliTests;

/// <summary>The published program with a store of its own, where 'alpine' is found through a mirror entry.</summary>
public sealed class Installation : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();

    /// <param name="images">The registry that it pulls from.</param>
    /// <param name="root">Its store, where that is to lie elsewhere.</param>
    public Installation(TestImages images, string? root = null)
    {
        Root = root ?? _directory["root"];
        Host.Requires(Host.PublishedBinaries, Host.Images, TestRegistry.Installed, Host.Overlay, Host.UserNamespaces);
        _directory.Write("registries.conf", $"""
            [[registry]]
            prefix = "docker.io"
            location = "docker.io"

            [[registry.mirror]]
            location = "{images.Registry.Authority}"
            insecure = true
            """);
        Environment = new Dictionary<string, string?>
        {
            ["CONTAINERS_REGISTRIES_CONF"] = _directory["registries.conf"],
            ["DOCKER_CONFIG"] = _directory["docker"],
        };

        // What is made once and stays, the user's namespace and the parent of all cgroups, is not a leftover.
        Run("run", "--rm", "--network", "none", "alpine", "true").Succeeded();
    }

    /// <summary>Everything that the program writes for this installation.</summary>
    public string Root { get; }

    public string RunRoot => _directory["run"];

    public TemporaryDirectory Scratch => _directory;

    public Dictionary<string, string?> Environment { get; }

    /// <summary>The whole command line before the verb, for a shell.</summary>
    public string Prefix => $"{Host.Published("crun-sharp")} --root {Root} --runroot {RunRoot}";

    public CommandResult Run(params string[] arguments) => RunAsync(null, arguments).GetAwaiter().GetResult();

    public Task<CommandResult> RunAsync(string? input, params string[] arguments) => Command.RunAsync(
        new CommandOptions { Environment = Environment, Input = input is null ? null : System.Text.Encoding.UTF8.GetBytes(input) },
        Host.Published("crun-sharp"),
        ["--root", Root, "--runroot", RunRoot, .. arguments]);

    /// <summary>A run that goes on; its process is the container's monitor.</summary>
    public async Task<Process> StartAsync(string name, params string[] arguments)
    {
        Process process = Command.Start(
            new CommandOptions { Environment = Environment },
            Host.Published("crun-sharp"),
            ["--root", Root, "--runroot", RunRoot, "run", "--name", name, .. arguments]);
        DateTime end = DateTime.UtcNow + TimeSpan.FromSeconds(20);
        while (StateOf(name) != "running")
        {
            if (process.HasExited || DateTime.UtcNow > end)
            {
                throw new InvalidOperationException($"container '{name}' does not run: {await process.StandardError.ReadToEndAsync()}");
            }

            await Task.Delay(20);
        }

        return process;
    }

    /// <summary>What inspect says of one container or image; null where there is none.</summary>
    public JsonElement? Inspect(string name)
    {
        CommandResult result = Run("inspect", name);
        return result.ExitCode == 0 ? JsonDocument.Parse(result.Output).RootElement[0] : null;
    }

    public string? StateOf(string name) => Inspect(name)?.GetProperty("State").GetProperty("Status").GetString();

    public int PidOf(string name) => Inspect(name)!.Value.GetProperty("State").GetProperty("Pid").GetInt32();

    /// <summary>The host as it is now, with all files and locks of this installation.</summary>
    public HostSnapshot Snapshot() => HostSnapshot.Take(Root, RunRoot);

    public async ValueTask DisposeAsync()
    {
        foreach (string id in Run("ps", "-aq").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            Run("rm", "-f", id);
        }

        if (Host.SubordinateIds.Missing() is null)
        {
            // Files of ids that only the user's namespace knows can be removed only there.
            await Command.RunAsync("unshare", "--user", "--map-root-user", "--map-auto", "rm", "-rf", Root);
        }

        _directory.Dispose();
    }
}
