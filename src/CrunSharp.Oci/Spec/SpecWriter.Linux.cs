namespace CrunSharp.Oci;

public static partial class SpecWriter
{
    private static void WriteLinux(JsonText writer, LinuxSpec linux)
    {
        if (linux == LinuxSpec.None)
        {
            return;
        }

        writer.WriteStartObject("linux"u8);
        Items(writer, "uidMappings"u8, linux.UidMappings, WriteIdMapping);
        Items(writer, "gidMappings"u8, linux.GidMappings, WriteIdMapping);
        Fields(writer, "timeOffsets"u8, linux.TimeOffsets, static (to, offset) =>
        {
            to.WriteStartObject();
            to.WriteNumber("secs"u8, offset.Seconds);
            to.WriteNumber("nanosecs"u8, offset.Nanoseconds);
            to.WriteEndObject();
        });
        Words(writer, "sysctl"u8, linux.Sysctl);
        WriteResources(writer, linux.Resources);
        Text(writer, "cgroupsPath"u8, linux.CgroupsPath);
        Items(writer, "namespaces"u8, linux.Namespaces, static (to, item) =>
        {
            to.WriteStartObject();
            to.WriteString("type"u8, WordOf(item.Type));
            Text(to, "path"u8, item.Path);
            to.WriteEndObject();
        });
        Items(writer, "devices"u8, linux.Devices, WriteDevice);
        Raw(writer, "netDevices"u8, linux.NetDevices);
        Raw(writer, "seccomp"u8, linux.Seccomp);
        Text(writer, "rootfsPropagation"u8, linux.RootfsPropagation);
        Texts(writer, "maskedPaths"u8, linux.MaskedPaths);
        Texts(writer, "readonlyPaths"u8, linux.ReadonlyPaths);
        Text(writer, "mountLabel"u8, linux.MountLabel);
        Raw(writer, "intelRdt"u8, linux.IntelRdt);
        Raw(writer, "memoryPolicy"u8, linux.MemoryPolicy);
        if (linux.Personality is { } personality)
        {
            writer.WriteStartObject("personality"u8);
            writer.WriteString("domain"u8, personality.Domain);
            Texts(writer, "flags"u8, personality.Flags);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static string WordOf(NamespaceType type) => type switch
    {
        NamespaceType.Pid => "pid",
        NamespaceType.Network => "network",
        NamespaceType.Mount => "mount",
        NamespaceType.Ipc => "ipc",
        NamespaceType.Uts => "uts",
        NamespaceType.User => "user",
        NamespaceType.Cgroup => "cgroup",
        _ => "time",
    };

    private static void WriteDevice(JsonText writer, Device device)
    {
        writer.WriteStartObject();
        writer.WriteString("path"u8, device.Path);
        writer.WriteString("type"u8, device.Type.ToString());
        writer.WriteNumber("major"u8, device.Major);
        writer.WriteNumber("minor"u8, device.Minor);
        Number(writer, "fileMode"u8, device.FileMode);
        writer.WriteNumber("uid"u8, device.Uid);
        writer.WriteNumber("gid"u8, device.Gid);
        writer.WriteEndObject();
    }

    private static void WriteResources(JsonText writer, LinuxResources resources)
    {
        if (resources == LinuxResources.None)
        {
            return;
        }

        writer.WriteStartObject("resources"u8);
        Items(writer, "devices"u8, resources.Devices, static (to, rule) =>
        {
            to.WriteStartObject();
            to.WriteBoolean("allow"u8, rule.Allow);
            Text(to, "type"u8, rule.Type == 'a' ? null : rule.Type.ToString());
            Number(to, "major"u8, rule.Major);
            Number(to, "minor"u8, rule.Minor);
            to.WriteString("access"u8, rule.Access);
            to.WriteEndObject();
        });
        WriteMemory(writer, resources.Memory);
        WriteCpu(writer, resources.Cpu);
        if (resources.PidsLimit is { } pids)
        {
            writer.WriteStartObject("pids"u8);
            writer.WriteNumber("limit"u8, pids);
            writer.WriteEndObject();
        }

        WriteBlockIo(writer, resources.BlockIo);
        Items(writer, "hugepageLimits"u8, resources.HugepageLimits, static (to, limit) =>
        {
            to.WriteStartObject();
            to.WriteString("pageSize"u8, limit.PageSize);
            to.WriteNumber("limit"u8, limit.Limit);
            to.WriteEndObject();
        });
        if (resources.Network is { } network)
        {
            writer.WriteStartObject("network"u8);
            Number(writer, "classID"u8, network.ClassId);
            Items(writer, "priorities"u8, network.Priorities, static (to, priority) =>
            {
                to.WriteStartObject();
                to.WriteString("name"u8, priority.Name);
                to.WriteNumber("priority"u8, priority.Priority);
                to.WriteEndObject();
            });
            writer.WriteEndObject();
        }

        Fields(writer, "rdma"u8, resources.Rdma, static (to, limit) =>
        {
            to.WriteStartObject();
            Number(to, "hcaHandles"u8, limit.HcaHandles);
            Number(to, "hcaObjects"u8, limit.HcaObjects);
            to.WriteEndObject();
        });
        Words(writer, "unified"u8, resources.Unified);
        writer.WriteEndObject();
    }

    private static void WriteMemory(JsonText writer, MemoryLimits? memory)
    {
        if (memory is null)
        {
            return;
        }

        writer.WriteStartObject("memory"u8);
        Number(writer, "limit"u8, memory.Limit);
        Number(writer, "reservation"u8, memory.Reservation);
        Number(writer, "swap"u8, memory.Swap);
        Number(writer, "kernel"u8, memory.Kernel);
        Number(writer, "kernelTCP"u8, memory.KernelTcp);
        Unsigned(writer, "swappiness"u8, memory.Swappiness);
        Flag(writer, "disableOOMKiller"u8, memory.DisableOomKiller);
        Flag(writer, "useHierarchy"u8, memory.UseHierarchy);
        Flag(writer, "checkBeforeUpdate"u8, memory.CheckBeforeUpdate);
        writer.WriteEndObject();
    }

    private static void WriteCpu(JsonText writer, CpuLimits? cpu)
    {
        if (cpu is null)
        {
            return;
        }

        writer.WriteStartObject("cpu"u8);
        Unsigned(writer, "shares"u8, cpu.Shares);
        Number(writer, "quota"u8, cpu.Quota);
        Unsigned(writer, "burst"u8, cpu.Burst);
        Unsigned(writer, "period"u8, cpu.Period);
        Number(writer, "realtimeRuntime"u8, cpu.RealtimeRuntime);
        Unsigned(writer, "realtimePeriod"u8, cpu.RealtimePeriod);
        Text(writer, "cpus"u8, cpu.Cpus);
        Text(writer, "mems"u8, cpu.Mems);
        Number(writer, "idle"u8, cpu.Idle);
        writer.WriteEndObject();
    }

    private static void WriteBlockIo(JsonText writer, BlockIoLimits? limits)
    {
        if (limits is null)
        {
            return;
        }

        writer.WriteStartObject("blockIO"u8);
        Number(writer, "weight"u8, limits.Weight);
        Number(writer, "leafWeight"u8, limits.LeafWeight);
        Items(writer, "weightDevice"u8, limits.WeightDevice, static (to, device) =>
        {
            to.WriteStartObject();
            to.WriteNumber("major"u8, device.Major);
            to.WriteNumber("minor"u8, device.Minor);
            Number(to, "weight"u8, device.Weight);
            Number(to, "leafWeight"u8, device.LeafWeight);
            to.WriteEndObject();
        });
        Items(writer, "throttleReadBpsDevice"u8, limits.ThrottleReadBpsDevice, WriteThrottle);
        Items(writer, "throttleWriteBpsDevice"u8, limits.ThrottleWriteBpsDevice, WriteThrottle);
        Items(writer, "throttleReadIOPSDevice"u8, limits.ThrottleReadIopsDevice, WriteThrottle);
        Items(writer, "throttleWriteIOPSDevice"u8, limits.ThrottleWriteIopsDevice, WriteThrottle);
        writer.WriteEndObject();
    }

    private static void WriteThrottle(JsonText writer, ThrottleDevice device)
    {
        writer.WriteStartObject();
        writer.WriteNumber("major"u8, device.Major);
        writer.WriteNumber("minor"u8, device.Minor);
        writer.WriteNumber("rate"u8, device.Rate);
        writer.WriteEndObject();
    }
}
