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
        Process process = WithSize(ExecProcess(container, spec, command))!;
        using AttachedStdio stdio = AttachedStdio.Create(command.Interactive, command.Terminal);
        Launched launched = Runtime.Exec(container.Id, process, new ExecRequest
        {
            OwnTerminal = command.Terminal,
            Stdio = stdio.Inside,
        });
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

    private Process ExecProcess(Container container, Spec spec, ExecCommand command) => throw new NotSupportedException();
}
