using CrunSharp.Linux;

namespace CrunSharp.Observe;

/// <summary>What the kernel's ordinary rights say of one file and one thread.</summary>
internal enum Access
{
    Granted,

    /// <summary>Owner and mode refuse, and no capability helps.</summary>
    ByMode,

    /// <summary>A capability would help, were the file's ids known in the user namespace.</summary>
    Unmapped,
}

/// <remarks>path_resolution(7) and capabilities(7); access control lists are not looked at.</remarks>
internal static class FileRights
{
    public const int CAP_CHOWN = 0;
    public const int CAP_DAC_OVERRIDE = 1;
    public const int CAP_DAC_READ_SEARCH = 2;
    public const int CAP_FOWNER = 3;

    public static Access Check(ProcessFacts process, in FileStatus file, Want want)
    {
        uint asked = (uint)want & 7;
        if (asked == 0 || (Bits(process, file) & asked) == asked)
        {
            return Access.Granted;
        }

        bool isDirectory = file.Kind == FileKind.Directory;
        bool mayOverride = process.Has(CAP_DAC_OVERRIDE) && (isDirectory || (asked & 1) == 0 || (file.Mode & 0x49) != 0);
        bool maySearch = process.Has(CAP_DAC_READ_SEARCH) && (isDirectory ? (asked & 2) == 0 : asked == 4);
        if (!mayOverride && !maySearch)
        {
            return Access.ByMode;
        }

        return IsMapped(process, file) ? Access.Granted : Access.Unmapped;
    }

    public static bool IsMapped(ProcessFacts process, in FileStatus file) =>
        process.Uids.HasOutside(file.Owner) && process.Gids.HasOutside(file.Group);

    private static uint Bits(ProcessFacts process, in FileStatus file)
    {
        int shift = file.Owner == process.FileUid ? 6 : process.FileGroups.Contains(file.Group) ? 3 : 0;
        return (file.Mode >> shift) & 7;
    }
}
