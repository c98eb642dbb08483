using CrunSharp.Linux;
using CrunSharp.Machines;
using CrunSharp.Oci;

namespace CrunSharp.Bench;

/// <summary>A containerd of the bench's own: all that it keeps lies in the bench's directory, and it ends with the bench.</summary>
internal sealed class PrivateContainerd : IDisposable
{
    private const int MostTries = 100;
    private const int PauseMilliseconds = 100;
    private static readonly TimeSpan s_answer = TimeSpan.FromSeconds(5);

    private readonly TimedProgram _daemon;

    private PrivateContainerd(string directory, TimedProgram daemon) => (Directory, _daemon) = (directory, daemon);

    public string Directory { get; }

    public string Address => $"{Directory}/socket";

    public string Pipes => $"{Directory}/pipes";

    /// <exception cref="CrunException">It is not installed, or does not answer; with its own words.</exception>
    public static PrivateContainerd Start(Workshop workshop, string client)
    {
        string path = HostTool.Find("containerd") ?? throw new CrunException("cannot start containerd", "not installed");
        if (Processes.EffectiveUser != 0 || Engine.UserNamespace.IsRootless)
        {
            throw new CrunException("cannot start containerd", "it needs root");
        }

        string directory = $"{workshop.Directory}/containerd";
        System.IO.Directory.CreateDirectory(directory);

        // Without what the host's own configuration may add, and without Kubernetes' half, which wants a network.
        File.WriteAllText($"{directory}/config.toml", "version = 2\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n");
        TimedProgram program = TimedProgram.Start(new TimedStart
        {
            Path = path,
            Arguments =
            [
                path, "--config", $"{directory}/config.toml", "--root", $"{directory}/root", "--state", $"{directory}/state",
                "--address", $"{directory}/socket", "--log-level", "error",
            ],
            Environment = workshop.Variables,
        });
        PrivateContainerd daemon = new(directory, program);
        for (int i = 0; i < MostTries && !program.HasEnded; i++)
        {
            if (HostTool.TryAsk(client, s_answer, "--address", daemon.Address, "version") is not null)
            {
                return daemon;
            }

            Thread.Sleep(PauseMilliseconds);
        }

        string why = program.Errors.Split('\n')[^1];
        daemon.Dispose();
        throw new CrunException("cannot start containerd", why.Length > 0 ? why : "it does not answer");
    }

    public void Dispose() => _daemon.Dispose();
}
