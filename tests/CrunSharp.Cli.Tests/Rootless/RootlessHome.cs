using System.Diagnostics;
using System.Globalization;
using CrunSharp.Testing;

namespace CrunSharp.CliTests;

/// <summary>An ordinary user's home and runtime directory of their own: so a user namespace of its own, too.</summary>
internal sealed class RootlessHome : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly TestRegistry _registry;

    private RootlessHome(TestRegistry registry)
    {
        _registry = registry;
        RuntimeDirectory = _directory.Make("run");
        DataDirectory = _directory.Make("data");
        Environment = new Dictionary<string, string?>
        {
            ["XDG_RUNTIME_DIR"] = RuntimeDirectory,
            ["XDG_DATA_HOME"] = DataDirectory,
        };
    }

    /// <summary>What every test here needs: somebody without privilege, who can make user namespaces.</summary>
    public static Need[] Needs { get; } =
        [Host.OrdinaryUser, Host.UserNamespaces, Host.Overlay, Host.PublishedBinaries, Host.Images, TestRegistry.Installed];

    public Dictionary<string, string?> Environment { get; }

    public string RuntimeDirectory { get; }

    public string DataDirectory { get; }

    public string Record => $"{RuntimeDirectory}/crun-sharp/namespace";

    public int HolderPid => int.Parse(File.ReadAllText(Record).Split(' ')[0], CultureInfo.InvariantCulture);

    /// <summary>The number of the recorded user namespace.</summary>
    public string Inode => File.ReadAllText(Record).Split(' ')[2];

    /// <summary>A small image with busybox.</summary>
    public string Image => $"{_registry.Authority}/library/busybox";

    public string Shared => _directory.Make("shared");

    public static async Task<RootlessHome> MakeAsync()
    {
        TestRegistry registry = await TestRegistry.StartAsync();
        await registry.PushLayoutAsync(Path.Combine(Host.Checkout, "out", "images", "busybox"), "library/busybox", "latest");
        return new RootlessHome(registry);
    }

    public Task<CommandResult> RunAsync(params string[] arguments) =>
        Command.RunAsync(new CommandOptions { Environment = Environment }, Host.Published("crun-sharp"), arguments);

    /// <summary>Starts a container that sleeps, and returns once it can be seen.</summary>
    public async Task<Process> StartSleeperAsync(string name, string network)
    {
        Process run = Command.Start(
            new CommandOptions { Environment = Environment }, Host.Published("crun-sharp"), "run", "--rm", "--name", name, "--network", network, Image, "sleep", "300");
        for (int attempt = 0; attempt < 200; attempt++)
        {
            if ((await RunAsync("exec", name, "true")).ExitCode == 0)
            {
                return run;
            }

            await Task.Delay(50);
        }

        run.Kill();
        throw new TimeoutException($"container '{name}' did not come up: {await run.StandardError.ReadToEndAsync()}");
    }

    public async ValueTask DisposeAsync()
    {
        await _registry.DisposeAsync();
        if (File.Exists(Record) && HolderPid != System.Environment.ProcessId)
        {
            // What belongs to mapped ids goes from inside; the holder last.
            await Command.RunAsync("nsenter", "-t", $"{HolderPid}", "-U", "--preserve-credentials", "rm", "-rf", DataDirectory);
            await Command.RunAsync("kill", $"{HolderPid}");
        }

        await _directory.DisposeAsync();
    }
}
