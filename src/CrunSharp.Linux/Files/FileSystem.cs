using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace CrunSharp.Linux;

/// <summary>Calls on files that start from a descriptor; names are bytes, as the kernel has them.</summary>
/// <remarks>
/// A name is one component unless a method says "path". Nothing is resolved twice: callers open once and work on
/// the descriptor. <c>Try</c> methods answer false for the one failure their summary names and throw for all others.
/// </remarks>
public static partial class FileSystem
{
    /// <summary>The kernel's longest path with its NUL.</summary>
    public const int PathMax = 4096;

    /// <summary>The kernel's longest name.</summary>
    public const int NameMax = 255;

    private static readonly SafeFileHandle s_workingDirectory = new(LibC.AT_FDCWD, ownsHandle: false);

    /// <summary>Stands for a path that starts at the root or the working directory.</summary>
    public static SafeFileHandle WorkingDirectory => s_workingDirectory;

    /// <summary>What the descriptor is open on, for messages: its path if it has one.</summary>
    public static string Describe(SafeFileHandle handle)
    {
        if (handle.IsClosed || handle.IsInvalid)
        {
            return handle == s_workingDirectory ? "." : "closed";
        }

        try
        {
            return new FileInfo($"/proc/self/fd/{handle.DangerousGetHandle()}").LinkTarget ?? $"fd {handle.DangerousGetHandle()}";
        }
        catch (IOException)
        {
            return $"fd {handle.DangerousGetHandle()}";
        }
    }

    /// <summary>Where an open descriptor's inode is now, as bytes.</summary>
    public static byte[] PathOf(SafeFileHandle handle) =>
        ReadLink(s_workingDirectory, Encoding.ASCII.GetBytes($"/proc/self/fd/{handle.DangerousGetHandle()}"));

    /// <summary>Text for messages; bytes that are no UTF-8 become '?'-like signs.</summary>
    public static string Show(ReadOnlySpan<byte> name) => Encoding.UTF8.GetString(name);

    internal static LinuxException Failure(string call, SafeFileHandle directory, ReadOnlySpan<byte> name, string more = "") =>
        // Read errno before anything else: describing the descriptor makes calls of its own.
        Failure(Marshal.GetLastPInvokeError(), call, directory, name, more);

    internal static LinuxException Failure(int errno, string call, SafeFileHandle directory, ReadOnlySpan<byte> name, string more = "") =>
        new(errno, $"{call}({Describe(directory)}, \"{Show(name)}\"{more})");

    /// <summary>Copies a name into <paramref name="buffer"/> with the NUL that the kernel wants.</summary>
    /// <exception cref="LinuxException">It is longer than any path, or has a NUL inside and would be cut there.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ReadOnlySpan<byte> Terminate(ReadOnlySpan<byte> name, Span<byte> buffer)
    {
        if (name.Length >= buffer.Length)
        {
            throw new LinuxException(LibC.ENAMETOOLONG, $"a path of {name.Length} bytes");
        }

        if (name.Contains((byte)0))
        {
            throw new LinuxException(LibC.EINVAL, $"the path \"{Show(name)}\" with a NUL inside");
        }

        name.CopyTo(buffer);
        buffer[name.Length] = 0;
        return buffer[..(name.Length + 1)];
    }
}
