using CrunSharp.Linux;
using CrunSharp.Oci;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Engine;

/// <summary>Starts the native holder: native/include/holder.h is the contract.</summary>
internal static class Holder
{
    private const int EPERM = 1;
    private const int ENOSPC = 28;
    private const int EUSERS = 87;
    private const int SIGKILL = 9;
    private const ulong CLONE_NEWUSER = 0x10000000;

    /// <summary>Makes a user namespace with these maps and leaves a process in it; its pid.</summary>
    public static int Make(OuterMaps maps)
    {
        (SafeFileHandle hold, SafeFileHandle letGo) = Descriptors.Pipe();
        using (hold)
        using (letGo)
        {
            return Start(HolderMode.Keep, null, CLONE_NEWUSER, (hold, letGo), pid =>
            {
                maps.Write(pid);
                Descriptors.Write(letGo, [1]);
            });
        }
    }

    /// <summary>Leaves a process in a user namespace that exists; its pid.</summary>
    public static int Join(UserNamespaceFile userNamespace) => Start(HolderMode.Join, userNamespace.Handle, 0, null, _ => { });

    /// <summary>Whether these namespaces can be made, all at once: 0 or the errno.</summary>
    public static int TryNamespaces(ulong flags) => Ask(HolderMode.TryNamespaces, (uint)flags, null);

    /// <summary>Whether an overlay of <c>lower</c>, <c>upper</c>, <c>work</c> in the directory can be mounted and written to: 0 or the errno.</summary>
    public static int TryOverlay(SafeFileHandle directory, bool inUserNamespace) => Ask(HolderMode.TryOverlay, inUserNamespace ? 1u : 0, directory);

    private static int Start(HolderMode mode, SafeFileHandle? subject, ulong namespaces, (SafeFileHandle Read, SafeFileHandle Write)? hold, Action<int> prepare)
    {
        using Conversation talk = new();
        using SafeFileHandle program = MemoryFile.OpenStage();
        StartedProcess first;
        try
        {
            first = talk.Start(program, subject, namespaces, hold);
        }
        catch (LinuxException exception) when (exception.Errno is EPERM or ENOSPC or EUSERS)
        {
            throw Forbidden(exception);
        }

        using (first.PidFd)
        {
            try
            {
                prepare(first.Pid);
                talk.Say(mode, 0);
                (int pid, int error) = talk.Hear() ?? throw new CrunException("cannot make your user namespace", "its holder ended at once");
                return error == 0 ? pid : throw new LinuxException(error, $"holder({mode})");
            }
            catch
            {
                Processes.Signal(first.PidFd, SIGKILL);
                throw;
            }
            finally
            {
                // The one that stays is a child of this one.
                Processes.Wait(first.Pid);
            }
        }
    }

    private static int Ask(HolderMode mode, uint flags, SafeFileHandle? subject)
    {
        using Conversation talk = new();
        using SafeFileHandle program = MemoryFile.OpenStage();
        StartedProcess process = talk.Start(program, subject, 0, null);
        using (process.PidFd)
        {
            talk.Say(mode, flags);
            (int, int Error)? answer = talk.Hear();
            Processes.Wait(process.Pid);
            return answer is { } heard ? heard.Error : throw new LinuxException(EPERM, $"holder({mode})");
        }
    }

    private static CrunException Forbidden(LinuxException exception) =>
        new("cannot make your user namespace", exception.Errno == EPERM ? "the host forbids it to ordinary users" : "the host allows no more of them", exception)
        {
            Hints = UserNamespaceLimits.Find() is { } limit ? [limit.Mend] : ["see what is missing: crun-sharp doctor"],
        };

    private enum HolderMode
    {
        Keep = 1,
        Join = 2,
        TryNamespaces = 3,
        TryOverlay = 4,
    }

    /// <summary>The two pipes between this process and a native one.</summary>
    private sealed class Conversation : IDisposable
    {
        private readonly SafeFileHandle _order;
        private readonly SafeFileHandle _say;
        private readonly SafeFileHandle _hear;
        private readonly SafeFileHandle _answer;

        public Conversation()
        {
            (_order, _say) = Descriptors.Pipe();
            (_hear, _answer) = Descriptors.Pipe();
        }

        public StartedProcess Start(SafeFileHandle program, SafeFileHandle? subject, ulong namespaces, (SafeFileHandle Read, SafeFileHandle Write)? hold)
        {
            Span<int> descriptors = [Number(_order), Number(_answer), subject is null ? -1 : Number(subject)];
            StartedProcess process = Processes.Start(new ProcessStart
            {
                Program = program,
                Name = "holder",
                Descriptors = descriptors[..(subject is null ? 2 : 3)],
                Namespaces = namespaces,
                Hold = hold?.Read,
                HoldWrite = hold?.Write,
                Report = -1,
            });
            GC.KeepAlive(subject);

            // From here on the end of the answers means that the other side is gone.
            _answer.Dispose();
            return process;
        }

        public void Say(HolderMode mode, uint flags)
        {
            Span<byte> order = stackalloc byte[8];
            BitConverter.TryWriteBytes(order, (uint)mode);
            BitConverter.TryWriteBytes(order[4..], flags);
            Descriptors.Write(_say, order);
        }

        public (int Pid, int Error)? Hear()
        {
            Span<byte> answer = stackalloc byte[8];
            return Descriptors.Read(_hear, answer) == answer.Length
                ? (BitConverter.ToInt32(answer), BitConverter.ToInt32(answer[4..]))
                : null;
        }

        public void Dispose()
        {
            _order.Dispose();
            _say.Dispose();
            _hear.Dispose();
            _answer.Dispose();
        }

        private static int Number(SafeFileHandle handle) => (int)handle.DangerousGetHandle();
    }
}
