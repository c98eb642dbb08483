using CrunSharp.Linux;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Images.Mending;

/// <summary>Copies a layer's tree without its bytes.</summary>
internal static class TreeCopy
{
    private const uint OwnerBits = 0x1C0; // 0700

    /// <summary>Directories anew, everything else as a further name of the same inode.</summary>
    public static void HardLink(string source, string target)
    {
        using SafeFileHandle from = FileSystem.OpenPath(source, OpenAs.Directory);
        using SafeFileHandle parent = FileSystem.OpenPath(Path.GetDirectoryName(target)!, OpenAs.Directory | OpenAs.Path);
        CopyDirectory(from, "."u8, from, parent, System.Text.Encoding.UTF8.GetBytes(Path.GetFileName(target)));
    }

    /// <summary>Owner, mode, attributes and times of a directory; those of overlay only where it is the same directory's copy.</summary>
    public static void CopyAttributes(
        SafeFileHandle sourceParent, ReadOnlySpan<byte> sourceName, FileStatus status, SafeFileHandle target, bool withOverlays = false)
    {
        FileSystem.SetOwner(target, status.Owner, status.Group);
        FileSystem.SetMode(target, status.Mode);
        foreach (byte[] name in FileSystem.ListXattrs(sourceParent, sourceName))
        {
            ReadOnlySpan<byte> text = name;
            bool isOverlays = text.StartsWith("trusted.overlay."u8) || text.StartsWith("user.overlay."u8);
            if (withOverlays || !isOverlays)
            {
                FileSystem.SetXattr(target, name, FileSystem.GetXattr(sourceParent, sourceName, name) ?? []);
            }
        }

        FileSystem.SetTimes(target, status.Accessed, status.Modified);
    }

    private static void CopyDirectory(
        SafeFileHandle sourceParent, ReadOnlySpan<byte> sourceName, SafeFileHandle source, SafeFileHandle targetParent, ReadOnlySpan<byte> targetName)
    {
        FileStatus status = FileSystem.GetStatus(source);
        FileSystem.TryMakeDirectory(targetParent, targetName, OwnerBits);
        using SafeFileHandle target = FileSystem.OpenAt(targetParent, targetName, OpenAs.Directory | OpenAs.NoFollow);
        using (DirectoryReader reader = new(source))
        {
            while (reader.Read())
            {
                ReadOnlySpan<byte> name = reader.Name;
                FileKind kind = reader.Kind ?? (FileSystem.TryGetStatus(source, name, out FileStatus found) ? found.Kind : FileKind.Regular);
                if (kind != FileKind.Directory)
                {
                    FileSystem.TryMakeHardLink(source, name, target, name);
                    continue;
                }

                using SafeFileHandle child = FileSystem.OpenAt(source, name, OpenAs.Directory | OpenAs.NoFollow);
                CopyDirectory(source, name, child, target, name);
            }
        }

        CopyAttributes(sourceParent, sourceName, status, target, withOverlays: true);
    }
}
