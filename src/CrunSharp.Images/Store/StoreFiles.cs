using CrunSharp.Linux;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Images.Store;

/// <summary>Changes that are there wholly or not at all, also after a power failure.</summary>
internal static class StoreFiles
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Makes a directory that only its owner enters: images have setuid programs.</summary>
    public static void EnsureDirectory(string path)
    {
        if (!Directory.Exists(path))
        {
            // One by one: the framework gives its mode to the last only, the others would be open to all.
            EnsureDirectory(Path.GetDirectoryName(path)!);
            Directory.CreateDirectory(path, Private);
        }
    }

    /// <summary>Writes beside, syncs, renames.</summary>
    public static void Replace(StoreLayout layout, string path, ReadOnlySpan<byte> bytes, bool durable)
    {
        using (TemporaryPlace place = TemporaryPlace.Make(layout))
        {
            string temporary = place["file"];
            using (SafeFileHandle file = FileSystem.OpenPath(temporary, OpenAs.Write | OpenAs.Create | OpenAs.Exclusive, 0x180 /* 0600 */))
            {
                FileSystem.Write(file, bytes);
                if (durable)
                {
                    FileSystem.Sync(file);
                }
            }

            EnsureDirectory(Path.GetDirectoryName(path)!);
            File.Move(temporary, path, overwrite: true);
        }

        if (durable)
        {
            SyncDirectory(Path.GetDirectoryName(path)!);
        }
    }

    public static void SyncDirectory(string path)
    {
        using SafeFileHandle directory = FileSystem.OpenPath(path, OpenAs.Directory);
        FileSystem.Sync(directory);
    }

    /// <summary>Moves a directory into place; if another has that place, both stay where they are.</summary>
    public static void MoveUnlessThere(string from, string to)
    {
        System.Text.Encoding utf8 = System.Text.Encoding.UTF8;
        FileSystem.TryRename(FileSystem.WorkingDirectory, utf8.GetBytes(from), FileSystem.WorkingDirectory, utf8.GetBytes(to), replace: false);
    }

    /// <summary>Takes a file or a tree out of sight at once, then removes it; the caller holds its lock.</summary>
    public static void Discard(StoreLayout layout, string path)
    {
        // Its lock goes with it. And no directory is made for it: on a full disk that would fail.
        EnsureDirectory(layout.Temporary);
        string temporary = layout.NewTemporary();
        try
        {
            Directory.Move(path, temporary);
        }
        catch (Exception absent) when (absent is DirectoryNotFoundException or FileNotFoundException)
        {
            return;
        }

        RemoveTree(temporary);
    }

    public static byte[]? TryRead(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The full paths in a directory; none where it does not exist.</summary>
    public static IReadOnlyList<string> List(string directory)
    {
        try
        {
            return Directory.GetFileSystemEntries(directory);
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    public static void RemoveTree(string path)
    {
        using SafeFileHandle parent = FileSystem.OpenPath(Path.GetDirectoryName(path)!, OpenAs.Directory | OpenAs.Path);
        FileSystem.RemoveTree(parent, System.Text.Encoding.UTF8.GetBytes(Path.GetFileName(path)));
    }
}
