using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Linux;

public static unsafe partial class Processes
{
    /// <summary>Clones a child that shares nothing with the managed world and executes <see cref="ProcessStart.Program"/>.</summary>
    /// <exception cref="LinuxException">The kernel refused the clone. A failed exec is told through the report socket.</exception>
    public static StartedProcess Start(in ProcessStart start)
    {
        Span<byte> name = stackalloc byte[64];
        Span<byte> number = stackalloc byte[16];
        fixed (int* descriptors = start.Descriptors)
        fixed (byte* namePointer = name, numberPointer = number)
        {
            byte** arguments = stackalloc byte*[3];
            NativeLaunch launch = Prepare(start, descriptors, name, namePointer, number, numberPointer, arguments);

            // Every pointer is copied before the call returns: the child reads none of them.
            int pid = crunsharp_launch(&launch);
            GC.KeepAlive(start.Program);
            if (pid < 0)
            {
                throw new LinuxException(-pid, $"clone3(0x{start.Namespaces:x})");
            }

            return new StartedProcess(pid, new SafeFileHandle(launch.PidFd, ownsHandle: true));
        }
    }

    /// <summary>Becomes <see cref="ProcessStart.Program"/>: same process id, same children. Returns only by throwing.</summary>
    /// <exception cref="LinuxException">The kernel refused the exec; this process goes on.</exception>
    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    public static void Become(in ProcessStart start)
    {
        Span<byte> name = stackalloc byte[64];
        Span<byte> number = stackalloc byte[16];
        fixed (int* descriptors = start.Descriptors)
        fixed (byte* namePointer = name, numberPointer = number)
        {
            byte** arguments = stackalloc byte*[3];
            NativeLaunch launch = Prepare(start, descriptors, name, namePointer, number, numberPointer, arguments);
            int error = crunsharp_become(&launch);
            throw new LinuxException(-error, $"execveat({start.Name})");
        }
    }

    /// <summary>Starts a program of the host by its path.</summary>
    /// <remarks>A descriptor of -1 leaves the caller's own. The child is the caller's to wait for.</remarks>
    public static int Spawn(string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment, int input = -1, int output = -1, int error = -1)
    {
        int* stdio = stackalloc int[3] { input, output, error };
        byte** argumentList = MakeList(arguments);
        byte** environmentList = MakeList(environment);
        try
        {
            int pid = crunsharp_spawn(path, argumentList, environmentList, stdio);
            return pid < 0 ? throw new LinuxException(-pid, $"posix_spawn(\"{path}\")") : pid;
        }
        finally
        {
            FreeList(argumentList);
            FreeList(environmentList);
        }
    }

    /// <summary>Waits for a child, and hands on to it the signals that this process is sent meanwhile.</summary>
    public static ProcessEnd WaitHandingOnSignals(int pid)
    {
        int status;
        int error = crunsharp_wait(pid, &status);
        if (error < 0)
        {
            throw new LinuxException(-error, $"waitid({pid})");
        }

        return (status & 0x7f) == 0 ? new ProcessEnd((status >> 8) & 0xff, 0) : new ProcessEnd(0, status & 0x7f);
    }

    private static NativeLaunch Prepare(
        in ProcessStart start, int* descriptors, Span<byte> name, byte* namePointer, Span<byte> number, byte* numberPointer, byte** arguments)
    {
        // The child still needs the program and the pipe while the numbers are taken.
        int first = Math.Max(start.KeepUpTo, Math.Max((int)start.Program.DangerousGetHandle(), Number(start.Hold)));
        foreach (int descriptor in start.Descriptors)
        {
            first = Math.Max(first, descriptor);
        }

        first++;

        // The last byte stays 0, so both are C strings whatever their length.
        Encoding.ASCII.GetBytes(start.Name, name[..^1]);
        _ = first.TryFormat(number[..^1], out _, provider: CultureInfo.InvariantCulture);
        arguments[0] = namePointer;
        arguments[1] = numberPointer;
        arguments[2] = null;
        return new NativeLaunch
        {
            Namespaces = start.Namespaces,
            Arguments = arguments,
            Fds = descriptors,
            FdCount = start.Descriptors.Length,
            FirstFd = first,
            Program = (int)start.Program.DangerousGetHandle(),
            Cgroup = Number(start.Cgroup),
            Hold = Number(start.Hold),
            HoldWrite = Number(start.HoldWrite),
            Report = start.Report,
        };
    }

    private static int Number(SafeFileHandle? handle) => handle is null ? -1 : (int)handle.DangerousGetHandle();

    private static byte** MakeList(IReadOnlyList<string> words)
    {
        byte** list = (byte**)NativeMemory.AllocZeroed((nuint)words.Count + 1, (nuint)sizeof(byte*));
        for (int i = 0; i < words.Count; i++)
        {
            list[i] = Utf8StringMarshaller.ConvertToUnmanaged(words[i]);
        }

        return list;
    }

    private static void FreeList(byte** list)
    {
        for (byte** word = list; *word is not null; word++)
        {
            Utf8StringMarshaller.Free(*word);
        }

        NativeMemory.Free(list);
    }

    [LibraryImport("crunsharp_launch")]
    private static partial int crunsharp_launch(NativeLaunch* launch);

    [LibraryImport("crunsharp_launch")]
    private static partial int crunsharp_become(NativeLaunch* launch);

    [LibraryImport("crunsharp_launch", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int crunsharp_spawn(string path, byte** arguments, byte** environment, int* stdio);

    [LibraryImport("crunsharp_launch")]
    private static partial int crunsharp_wait(int pid, int* status);

    [LibraryImport("crunsharp_launch")]
    internal static partial nuint crunsharp_launch_layout(nuint field);
}

/// <summary>struct launch of native/launch/launch.h; a test compares.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeLaunch
{
    public ulong Namespaces;
    public byte** Arguments;
    public int* Fds;
    public int FdCount;
    public int FirstFd;
    public int Program;
    public int Cgroup;
    public int Hold;
    public int HoldWrite;
    public int Report;
    public int PidFd;
}
