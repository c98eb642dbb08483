using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Runtime;

/// <summary>Where the root filesystem comes from, which config.json alone cannot say.</summary>
public abstract record RootSource
{
    private RootSource()
    {
    }

    /// <param name="Path">Absolute, on the host.</param>
    /// <param name="Device">With <paramref name="Inode"/>, what was found there; 0: not known.</param>
    public sealed record Directory(string Path, ulong Device = 0, ulong Inode = 0) : RootSource;

    /// <param name="Lowers">Top first.</param>
    /// <param name="Scratch">Has <c>upper</c> and <c>work</c>; absent: the root cannot be written.</param>
    /// <param name="MountPoint">An empty directory.</param>
    /// <param name="Volatile">Nothing is synced: for containers that are removed when they end.</param>
    public sealed record Overlay(
        IReadOnlyList<string> Lowers, string? Scratch, string MountPoint, bool UserXattr, bool Volatile = false) : RootSource;

    /// <param name="MountPoint">An empty directory.</param>
    /// <param name="Serve">Gets the fuse device once it is mounted, and starts the program that answers what comes through it.</param>
    public sealed record Fuse(string MountPoint, Action<SafeFileHandle> Serve) : RootSource;
}
