using CrunSharp.Linux;

namespace CrunSharp.Bench;

/// <summary>What the host keeps of its files in memory.</summary>
internal static class PageCache
{
    private const string DropFile = "/proc/sys/vm/drop_caches";

    /// <summary>Whether this process may empty it: root of the host only.</summary>
    public static bool CanDrop
    {
        get
        {
            try
            {
                using FileStream file = File.OpenWrite(DropFile);
                return true;
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }
    }

    /// <remarks>proc_sys_vm(5): dirty pages stay, hence the sync.</remarks>
    public static void Drop()
    {
        using (Microsoft.Win32.SafeHandles.SafeFileHandle root = FileSystem.OpenPath("/", OpenAs.Directory))
        {
            FileSystem.SyncFileSystem(root);
        }

        File.WriteAllText(DropFile, "3");
    }
}
