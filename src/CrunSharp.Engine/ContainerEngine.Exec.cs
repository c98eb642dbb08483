using System.Diagnostics.CodeAnalysis;
using CrunSharp.Bundles;
using CrunSharp.Linux;
using CrunSharp.Oci;
using CrunSharp.Runtime;

namespace CrunSharp.Engine;

public sealed partial class ContainerEngine
{
    /// <summary>Starts a further program in a running container; this process becomes its monitor and ends as it does.</summary>
    /// <exception cref="CrunException">The container does not run, or the program cannot be started in it.</exception>
    [DoesNotReturn]
    public void Exec(ExecCommand command)
    {
        if (command is { Terminal: true, Interactive: true } && !Terminal.Is(0))
        {
            throw NoTerminal("exec");
        }

        Container container = Containers.Get(command.Container);
        if (!container.IsRunning)
        {
            throw new CrunException($"cannot run a program in the container '{command.Container}'", "it is not running")
            {
                Hints = ["crun-sharp ps -a"],
            };
        }

        Spec spec = SpecReader.Read(File.ReadAllBytes(container.Directory.Config));
        Process process = Adapt(ExecProcess(container, spec, command));
        using AttachedStdio stdio = AttachedStdio.Create(command.Interactive, command.Terminal);
        Launched launched = Explained(LayersOf(container), spec, process, () =>
            Runtime.Exec(container.Id, process, new ExecRequest
            {
                OwnTerminal = command.Terminal,
                Stdio = stdio.Inside,
            }));
        stdio.Dispose();
        CrunSharp.Runtime.Monitor.Become(new MonitorOrder
        {
            Pid = launched.Pid,
            PidFd = launched.PidFd,
            Terminal = launched.Terminal,
            Input = stdio.Input,
            Output = stdio.Output,
            Error = stdio.Error,
            HandOnInput = command.Interactive,
            InputOnce = command.Interactive && !command.Terminal,
            Raw = command is { Terminal: true, Interactive: true },
            NotFirst = true,
        });
    }

    /// <summary>The container's own process with another program: what the user does not say stays as it is there.</summary>
    private Process ExecProcess(Container container, Spec spec, ExecCommand command)
    {
        Process first = spec.Process ?? throw new CrunException($"cannot run a program in the container '{command.Container}'", "its config.json has no process");
        UserDatabase users = ReadUsers(LayersOf(container));
        ImageDefaults surroundings = new()
        {
            Environment = EnvironmentFor(command, first, users),
            User = $"{first.User.Uid}:{first.User.Gid}",
            WorkingDirectory = first.Cwd,
        };
        RunOptions options = new()
        {
            ContainerId = container.Id.Value,
            Entrypoint = "",
            Command = command.Command,
            Environment = command.Environment,
            User = command.User,
            WorkingDirectory = command.WorkingDirectory,
            Terminal = command.Terminal,
            Interactive = command.Interactive,
            Privileged = command.Privileged,
        };
        Process process = BundleSpec.Create(surroundings, options, users, BundleHost.Facts(command.Privileged)).Process!;
        return first with
        {
            Terminal = command.Terminal,
            ConsoleSize = null,
            Args = process.Args,
            Env = process.Env,
            Cwd = process.Cwd,
            User = command.User is null ? first.User : process.User with { Umask = first.User.Umask },
            Capabilities = command.Privileged ? process.Capabilities : first.Capabilities,
        };
    }

    // HOME follows the user, unless the image or the user of run set it to something else.
    private static List<string> EnvironmentFor(ExecCommand command, Process first, UserDatabase users)
    {
        string home = $"HOME={users.Find($"{first.User.Uid}", []).Home}";
        return [.. first.Env.Where(entry => command.User is null || entry != home)];
    }

    /// <summary>What the container's root consists of, the top one first.</summary>
    private IReadOnlyList<string> LayersOf(Container container) =>
        Directory.Exists(container.Directory.Copy) ? [container.Directory.Copy]
        : Images.Find(container.Record.ImageId.ToString()) is { } image ? [$"{container.Directory.Scratch}/upper", .. image.LayerDirectories]
        : throw new CrunException($"cannot look into the container '{container.Name}'", $"its image {container.Record.ImageId} is gone from the store");
}
