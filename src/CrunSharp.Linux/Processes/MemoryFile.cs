using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace CrunSharp.Linux;

/// <summary>Files without a name, which nobody can change once they are sealed.</summary>
public static unsafe partial class MemoryFile
{
    // Newer than Tmds.LibC: memfd_create(2), Linux 6.3.
    private const uint MFD_EXEC = 0x10;
    private const uint MFD_NOEXEC_SEAL = 0x8;

    private static readonly int s_allSeals = LibC.F_SEAL_SEAL | LibC.F_SEAL_SHRINK | LibC.F_SEAL_GROW | LibC.F_SEAL_WRITE;
    private static readonly Lock s_making = new();
    private static SafeFileHandle? s_stage;

    /// <summary>A sealed file with these bytes.</summary>
    public static SafeFileHandle Create(string name, ReadOnlySpan<byte> bytes) => Create(name, bytes, MFD_NOEXEC_SEAL);

    /// <summary>The native stage: a file to be executed by descriptor, which no name leads to.</summary>
    /// <remarks>
    /// Sealed memory, made once in a process, as nobody can change it: an attached run executes it twice, in the container and as
    /// its own monitor. Where <c>vm.memfd_noexec</c> is 2, a <see cref="NamelessFile"/>, and each time another: one that a
    /// container has seen may have been written to.
    /// </remarks>
    public static SafeFileHandle OpenStage()
    {
        nuint size;
        void* stage = crunsharp_stage(&size);

        // The bytes are constants of this program: they stay where they are.
        ReadOnlySpan<byte> bytes = new(stage, (int)size);
        try
        {
            lock (s_making)
            {
                s_stage ??= Create("crun-sharp-stage", bytes, MFD_EXEC);
            }

            return new SafeFileHandle(s_stage.DangerousGetHandle(), ownsHandle: false);
        }
        catch (LinuxException failure) when (failure.Errno == LibC.EACCES)
        {
            return NamelessFile.Create(bytes);
        }
    }

    /// <summary>An empty file to be written by somebody else.</summary>
    public static SafeFileHandle CreateUnsealed(string name) => Open(name, MFD_NOEXEC_SEAL);

    private static SafeFileHandle Create(string name, ReadOnlySpan<byte> bytes, uint flags)
    {
        SafeFileHandle file = Open(name, flags);
        try
        {
            Descriptors.Write(file, bytes);
            if (fcntl(file, LibC.F_ADD_SEALS, s_allSeals) < 0)
            {
                throw Answer.Refused($"fcntl(\"{name}\", F_ADD_SEALS)");
            }

            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static SafeFileHandle Open(string name, uint flags)
    {
        uint always = (uint)(LibC.MFD_CLOEXEC | LibC.MFD_ALLOW_SEALING);
        int fd = memfd_create(name, always | flags);

        // Kernels before 6.3 know neither flag, and make every such file executable.
        if (fd < 0 && Marshal.GetLastPInvokeError() == LibC.EINVAL)
        {
            fd = memfd_create(name, always);
        }

        return fd < 0 ? throw Answer.Refused($"memfd_create(\"{name}\")") : new SafeFileHandle(fd, ownsHandle: true);
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int memfd_create(string name, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(SafeFileHandle fd, int command, int argument);

    [LibraryImport("crunsharp_launch")]
    private static partial void* crunsharp_stage(nuint* size);
}
