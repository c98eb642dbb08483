using CrunSharp.Linux;
using CrunSharp.Oci;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Runtime;

/// <summary>Runs the hooks that belong to the runtime's own namespaces; those of the container are steps of its plan.</summary>
/// <remarks>runtime-spec 1.3, config.md#posix-platform-hooks.</remarks>
internal static class HookRunner
{
    private const int SIGKILL = 9;

    /// <exception cref="CrunException">The first that failed; those after it were not run.</exception>
    public static void Run(IReadOnlyList<Hook> hooks, string kind, ContainerState state)
    {
        if (hooks.Count == 0)
        {
            return;
        }

        byte[] input = StateJson.Write(state);
        for (int i = 0; i < hooks.Count; i++)
        {
            RunOne(hooks[i], $"{kind}[{i}]", input);
        }
    }

    /// <summary>Runs all; a failure is a warning. For what has happened already.</summary>
    public static void RunAll(IReadOnlyList<Hook> hooks, string kind, ContainerState state, Action<string>? warn)
    {
        if (hooks.Count == 0)
        {
            return;
        }

        byte[] input = StateJson.Write(state);
        for (int i = 0; i < hooks.Count; i++)
        {
            try
            {
                RunOne(hooks[i], $"{kind}[{i}]", input);
            }
            catch (CrunException failure)
            {
                warn?.Invoke(failure.Message);
            }
        }
    }

    private static void RunOne(Hook hook, string origin, byte[] input)
    {
        string what = $"cannot run hooks.{origin} of config.json";
        try
        {
            using SafeFileHandle state = MemoryFile.CreateUnsealed("crun-sharp-state");

            // Not by write: the hook inherits the position, and is to read from the start.
            RandomAccess.Write(state, input, 0);
            IReadOnlyList<string> arguments = hook.Args.Count > 0 ? hook.Args : [hook.Path];
            int pid = CrunSharp.Linux.Processes.Spawn(hook.Path, arguments, hook.Env, input: (int)state.DangerousGetHandle());
            if (hook.Timeout is > 0)
            {
                KillAfter(pid, hook.Timeout.Value);
            }

            ProcessEnd end = CrunSharp.Linux.Processes.Wait(pid);
            if (end.Status != 0)
            {
                throw new CrunException(what, end.Signal == 0 ? $"exit status {end.ExitCode}" : $"killed by signal {end.Signal}");
            }
        }
        catch (LinuxException failure)
        {
            throw new CrunException(what, failure.Message, failure);
        }
    }

    private static void KillAfter(int pid, int seconds)
    {
        using SafeFileHandle? process = CrunSharp.Linux.Processes.TryOpen(pid);
        if (process is not null && Descriptors.WaitForOne([(int)process.DangerousGetHandle()], seconds * 1000) < 0)
        {
            _ = CrunSharp.Linux.Processes.Signal(process, SIGKILL);
        }
    }
}
