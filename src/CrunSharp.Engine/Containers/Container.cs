using CrunSharp.Oci;

namespace CrunSharp.Engine;

/// <summary>What a container is doing; asked of the kernel, never remembered.</summary>
public enum ContainerStatus
{
    /// <summary>It is being made.</summary>
    Created,

    /// <summary>Its first process runs, whether or not anybody of ours still watches it.</summary>
    Running,

    /// <summary>Its program ended, and how is known.</summary>
    Exited,

    /// <summary>Nothing of it runs, and nobody saw how it ended: we were killed, or the host went down.</summary>
    Dead,
}

/// <summary>A container as it was found: its record and its state at that moment.</summary>
public sealed record Container(ContainerDirectory Directory, ContainerRecord Record, ContainerStatus Status, ExitRecord? Exit)
{
    public ContainerId Id => Record.Id;

    public string Name => Record.Name;

    /// <summary>The first twelve characters of the id, as people see it.</summary>
    public string ShortId => Id.Value[..Math.Min(12, Id.Value.Length)];

    public bool IsRunning => Status == ContainerStatus.Running;

    internal static Container Read(ContainerDirectory directory)
    {
        ContainerRecord record = ContainerRecordJson.Read(File.ReadAllBytes(directory.Record), directory.Record);
        (ContainerStatus status, ExitRecord? exit) = GetStatus(directory, record);
        return new Container(directory, record, status, exit);
    }

    private static (ContainerStatus Status, ExitRecord? Exit) GetStatus(ContainerDirectory directory, ContainerRecord record)
    {
        if (record.Process is { } process && process.IsAlive())
        {
            // Until its program is executed, what runs is our own stage; with its maker gone, nobody will say more.
            bool isMade = record.Started is not null || record.Monitor is not { } maker || !maker.IsAlive();
            return (isMade ? ContainerStatus.Running : ContainerStatus.Created, null);
        }

        if (ExitRecord.TryRead(directory.Exit) is { } exit)
        {
            return (ContainerStatus.Exited, exit);
        }

        if (record.Monitor is { } monitor && monitor.IsAlive())
        {
            // Before the first process it is being made; after it the monitor is about to write how it ended.
            return record.Process is null ? (ContainerStatus.Created, null) : (ContainerStatus.Running, null);
        }

        return (ContainerStatus.Dead, null);
    }
}
