using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace CrunSharp.Linux;

/// <summary>A program of the host that works beside a container, in a session of its own.</summary>
public sealed unsafe partial class HelperProcess : IDisposable
{
    private const int LongestWords = 16 << 10;

    private readonly SafeFileHandle _words;

    private HelperProcess(int pid, SafeFileHandle pidFd, SafeFileHandle words)
    {
        Pid = pid;
        PidFd = pidFd;
        _words = words;
    }

    public int Pid { get; }

    public SafeFileHandle PidFd { get; }

    /// <summary>Starts <paramref name="path"/>; what it prints is kept for <see cref="Words"/>.</summary>
    /// <param name="arguments">With the program's name in front.</param>
    /// <param name="descriptors">They become 3, 4, ... in the helper.</param>
    /// <remarks>It is the caller's child: <see cref="Wait"/> takes its status.</remarks>
    public static HelperProcess Start(
        string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment, params ReadOnlySpan<SafeFileHandle> descriptors)
    {
        // A file, not a pipe: nobody reads once the helper works, and a full or broken pipe would stop it.
        SafeFileHandle words = MakeWords();
        using SafeFileHandle nothing = File.OpenHandle("/dev/null");
        int* numbers = stackalloc int[3 + descriptors.Length];
        numbers[0] = (int)nothing.DangerousGetHandle();
        numbers[1] = numbers[2] = (int)words.DangerousGetHandle();
        for (int i = 0; i < descriptors.Length; i++)
        {
            numbers[3 + i] = (int)descriptors[i].DangerousGetHandle();
        }

        byte** argumentList = MakeList(arguments);
        byte** environmentList = MakeList(environment);
        try
        {
            int pid = crunsharp_spawn_helper(path, argumentList, environmentList, numbers, 3 + descriptors.Length);
            if (pid < 0)
            {
                throw new LinuxException(-pid, $"posix_spawn(\"{path}\")");
            }

            // A child cannot be gone before its parent has waited for it, so this number is its own.
            return new HelperProcess(pid, Processes.TryOpen(pid) ?? throw new LinuxException(LibC.ESRCH, $"pidfd_open({pid})"), words);
        }
        catch
        {
            words.Dispose();
            throw;
        }
        finally
        {
            FreeList(argumentList);
            FreeList(environmentList);
        }
    }

    /// <summary>What the helper has printed so far, on both of its outputs.</summary>
    public string Words()
    {
        byte[] bytes = new byte[Math.Min(RandomAccess.GetLength(_words), LongestWords)];
        int length = RandomAccess.Read(_words, bytes, 0);
        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    /// <summary>Takes the helper's status once it has ended.</summary>
    public ProcessEnd Wait() => Processes.Wait(Pid);

    /// <summary>Ends the helper and takes its status.</summary>
    public void Kill()
    {
        Processes.Signal(PidFd, LibC.SIGKILL);
        Wait();
    }

    /// <summary>Lets go of the descriptors; the helper goes on.</summary>
    public void Dispose()
    {
        PidFd.Dispose();
        _words.Dispose();
    }

    private static SafeFileHandle MakeWords()
    {
        int fd = memfd_create("crun-sharp-helper", (uint)LibC.MFD_CLOEXEC);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw Answer.Refused("memfd_create");
    }

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

    // All pointers are read before it returns: posix_spawn waits for the child's exec.
    [LibraryImport("crunsharp_launch", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int crunsharp_spawn_helper(string path, byte** arguments, byte** environment, int* descriptors, int count);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int memfd_create(string name, uint flags);
}
