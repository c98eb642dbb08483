using CrunSharp.Linux;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Observe;

/// <summary>Looks whether a program that was just executed should have become more than it is.</summary>
internal static class LostGains
{
    private const uint SetUser = 0x800;
    private const uint SetGroup = 0x400;

    public static LostGain? Of(ProcessFacts process)
    {
        string path = process.Executable;
        try
        {
            using SafeFileHandle file = FileSystem.OpenPath($"/proc/{process.Id}/exe", OpenAs.Path);
            string? would = Promise(process, file);
            bool noSuid = process.Mounts.Of(file)?.Has("nosuid") == true;
            return would is null || (!process.NoNewPrivileges && !noSuid) ? null : new LostGain($"'{path}'", would, process.NoNewPrivileges ? null : "nosuid", (FileSystem.GetStatus(file).Mode & SetUser) != 0);
        }
        catch (LinuxException)
        {
            return null;
        }
    }

    private static string? Promise(ProcessFacts process, SafeFileHandle file)
    {
        FileStatus status = FileSystem.GetStatus(file);
        if ((status.Mode & SetUser) != 0 && status.Owner != process.EffectiveUid)
        {
            return $"has the set-user-ID bit and belongs to uid {process.Uids.ToInside(status.Owner) ?? status.Owner}";
        }

        if ((status.Mode & SetGroup) != 0 && !process.FileGroups.Contains(status.Group))
        {
            return $"has the set-group-ID bit and belongs to gid {process.Gids.ToInside(status.Group) ?? status.Group}";
        }

        return process.Effective == 0 && FileCapabilities.Has($"/proc/{process.Id}/root{process.Executable}")
            ? "has capabilities of its own"
            : null;
    }
}
