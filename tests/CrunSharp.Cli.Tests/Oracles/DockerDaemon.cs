using System.Diagnostics;
using CrunSharp.Testing;

namespace CrunSharp.CliTests.Oracles;

/// <summary>Debian's dockerd with directories of its own, without the host's bridge and firewall.</summary>
internal sealed class DockerDaemon : IAsyncDisposable
{
    private static readonly string s_cgroup = $"crun-sharp-docker-{Environment.ProcessId}";
    private readonly TemporaryDirectory _directory;
    private readonly Process _process;

    private DockerDaemon(TemporaryDirectory directory, Process process) => (_directory, _process) = (directory, process);

    public static async Task<DockerDaemon> StartAsync(string registry)
    {
        TemporaryDirectory directory = new("/tmp", "crs-");
        Process process = Command.Start(
            new CommandOptions(),
            "dockerd",
            "--data-root", directory["data"], "--exec-root", directory["exec"], "--pidfile", directory["pid"], "--host", $"unix://{directory["socket"]}",
            "--iptables=false", "--ip-forward=false", "--bridge=none", "--cgroup-parent", $"/{s_cgroup}", "--insecure-registry", registry);
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        DockerDaemon daemon = new(directory, process);
        for (int tick = 0; tick < 300; tick++)
        {
            if ((await daemon.RunAsync("version")).ExitCode == 0)
            {
                return daemon;
            }

            await Task.Delay(100);
        }

        await daemon.DisposeAsync();
        throw new TimeoutException("dockerd did not answer within 30 s");
    }

    public Task<CommandResult> RunAsync(params string[] arguments) =>
        Command.RunAsync("docker", ["--host", $"unix://{_directory["socket"]}", .. arguments]);

    public async ValueTask DisposeAsync()
    {
        // SIGTERM: it ends its containerd and unmounts what it mounted.
        await Command.RunAsync("kill", $"{_process.Id}");
        await _process.WaitForExitAsync();
        _process.Dispose();
        foreach (string hierarchy in Directory.EnumerateDirectories("/sys/fs/cgroup"))
        {
            if (Directory.Exists(Path.Combine(hierarchy, s_cgroup)))
            {
                Directory.Delete(Path.Combine(hierarchy, s_cgroup));
            }
        }

        await _directory.DisposeAsync();
    }
}
